brama call check_account account=150010000097 amount=6320.91 payway=card_payway_usd
