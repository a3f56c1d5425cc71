url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
order=order-$(date +%s)-$$

# What the payer's browser does; the answer's Location is the page.
curl -s -o /dev/null -w '%{http_code} %{redirect_url}\n' "$url/en/pay" -d amount=10.00 -d currency=840 -d payway=card_invoice_usd \
  -d shop_id=1520 -d "shop_order_id=$order" -d "sign=$(sign "10.00:840:1520:$order")"
