url=http://127.0.0.1:8080/ipp store=4AAD1369CF734B64B70F password=75bef16bfdce4d0e9c0ad5a19b9940df
sign() { printf %s "$password$1$password" | openssl sha1 -binary | openssl base64; } # the parts, nothing between them
post() { curl -s "$url/v2/payment/$1" -H 'Content-Type: application/json; charset=UTF-8' -d "$2"; }
order=ORDER-$(date +%s)-$$

post create '{"storeId":"'"$store"'","orderId":"'"$order"'","amount":600.00,"partsCount":6,"merchantType":"PP",
  "products":[{"name":"TV","count":1,"price":600.00}],"signature":"'"$(sign "$store${order}600006PPTV160000")"'"}' > /dev/null

post description '{"storeId":"'"$store"'","orderId":"'"$order"'","description":"A television",
  "signature":"'"$(sign "$store${order}A television")"'"}'
