order=ORDER-$(date +%s)-$$
brama call payparts/create orderId="$order" amount=600.00 partsCount=6 merchantType=PP > /dev/null

brama call payparts/state orderId="$order" showAmount=true showInfo=true showRefund=true
