order=order-$(date +%s)-$$
brama call invoice/hold shop_order_id="$order" amount=100.00 currency=840 payway=card_invoice_usd
