order=ORDER-$(date +%s)-$$
brama call payparts/hold orderId="$order" amount=600.00 partsCount=6 merchantType=PP
