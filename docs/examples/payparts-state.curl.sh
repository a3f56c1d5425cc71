url=http://127.0.0.1:8080/ipp store=4AAD1369CF734B64B70F password=75bef16bfdce4d0e9c0ad5a19b9940df
sign() { printf %s "$password$1$password" | openssl sha1 -binary | openssl base64; } # the parts, nothing between them
post() { curl -s "$url/v2/payment/$1" -H 'Content-Type: application/json; charset=UTF-8' -d "$2"; }
field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
order=ORDER-$(date +%s)-$$

token=$(post create '{"storeId":"'"$store"'","orderId":"'"$order"'","amount":600.00,"partsCount":6,"merchantType":"PP",
  "products":[{"name":"TV","count":1,"price":600.00}],"signature":"'"$(sign "$store${order}600006PPTV160000")"'"}' | field token)
page="$url/v2/payment?token=$token" # the payer: a card, then the code
curl -s -o /dev/null "$page" -d 'card=0000111122223333&expiry=10/30&cvv=123'
curl -s -o /dev/null "$page" -d code=1111

post state '{"storeId":"'"$store"'","orderId":"'"$order"'","showAmount":true,"showInfo":true,"showRefund":true,
  "signature":"'"$(sign "$store$order")"'"}'
