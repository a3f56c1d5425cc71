# The body is on standard input, the secret in SECRET. Needs jq.
body=$(cat)
given=$(printf '%s' "$body" | jq -r '.sign | strings')
made=$({
  printf '%s' "$body" | jq -j 'del(.sign) | to_entries
    | map(select(.value != null and .value != "")) | sort_by(.key)
    | map(.value | tostring) | join(":")'
  printf '%s' "$SECRET"
} | sha256sum | cut -d ' ' -f 1)
[ -n "$SECRET" ] && [ "$made" = "$given" ]
