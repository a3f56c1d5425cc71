# SECRET is the shop's secret key. printf adds no line feed, echo would.
text="6320.91:840:card_invoice_usd:1520:5b0efa8a-153b-4421-abac-2aba4d772a86"
printf '%s%s' "$text" "$SECRET" | sha256sum | cut -d ' ' -f 1
