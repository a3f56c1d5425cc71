brama call withdraw/try amount=100.23 amount_type=ps_amount payway=card_payway_usd shop_currency=840
