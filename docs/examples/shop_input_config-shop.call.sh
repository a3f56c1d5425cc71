brama call shop_input_config/shop payway=card_invoice_usd
