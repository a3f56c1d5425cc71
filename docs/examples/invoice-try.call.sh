brama call invoice/try shop_order_id=order-1 amount=102.23 currency=840 payway=card_invoice_uah
