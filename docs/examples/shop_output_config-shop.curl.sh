url=http://127.0.0.1:8080 secret=account-secret-key
sign() { printf %s "$1$secret" | sha256sum | cut -d ' ' -f 1; } # the signed values, by field name, with a : between
post() { curl -s "$url/gateway/v1/$1" -H 'Content-Type: application/json' -d "$2"; }
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

post shop_output_config/shop '{"now":"'"$now"'","shop_id":1520,"sign":"'"$(sign "$now:1520")"'"}'
