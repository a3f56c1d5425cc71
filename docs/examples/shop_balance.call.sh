brama call shop_balance
