field() { sed 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/'; } # of an answer; use a JSON parser in earnest
order=ORDER-$(date +%s)-$$
token=$(brama call payparts/create orderId="$order" amount=600.00 partsCount=6 merchantType=PP | field token)
page="http://127.0.0.1:8080/ipp/v2/payment?token=$token" # the payer: a card, then the code
curl -s -o /dev/null "$page" -d 'card=0000111122223333&expiry=10/30&cvv=123'
curl -s -o /dev/null "$page" -d code=1111

brama call payparts/decline orderId="$order" amount=600.00
