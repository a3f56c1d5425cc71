import hashlib, hmac, json

def verified(body, secret):
    """The callback's fields, or None when it is not the gateway's. body is bytes."""
    def once(pairs):
        if len({name.lower() for name, _ in pairs}) != len(pairs):
            raise ValueError("a key occurs twice")
        return dict(pairs)
    try:
        # Numbers stay the text that was sent: it is what was signed.
        fields = json.loads(body, parse_int=str, parse_float=str, object_pairs_hook=once)
        given = fields.pop("sign")
        signed = {k: v for k, v in fields.items() if v is not None and v != ""}
        text = ":".join(signed[name] for name in sorted(signed))
        made = hashlib.sha256((text + secret).encode()).hexdigest()
        right = bool(secret) and hmac.compare_digest(made, given)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return fields if right else None
