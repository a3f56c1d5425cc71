order=order-$(date +%s)-$$
brama call invoice/create shop_order_id="$order" amount=100.00 currency=840 payway=card_invoice_usd description="Two tickets"
