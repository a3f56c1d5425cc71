import hashlib

def sign(fields, names, secret):
    """names are the method's signed fields; values are the texts that are sent."""
    text = ":".join(fields[name] for name in sorted(names))
    return hashlib.sha256((text + secret).encode()).hexdigest()
