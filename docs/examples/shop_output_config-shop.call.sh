brama call shop_output_config/shop payway=card_payway_usd
