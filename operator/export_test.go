package operator

// TOTP, Match and CheckPassword are for the tests from outside.
var (
	TOTP          = totp
	Match         = matchTOTP
	CheckPassword = checkPassword
	Pause         = pause
	DecodeSecret  = base32Plain.DecodeString
)

// HashPassword and VerifyPassword likewise.
var (
	HashPassword   = hashPassword
	VerifyPassword = verifyPassword
)
