package wire

import "testing"

// A path is appended to an address, and a request signed for its host goes there.
func TestAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"https://bank.example": true, "https://bank.example/payment/": true, "http://127.0.0.1:8080": true, "http://[::1]:1": true,
		"": false, "bank.example": false, "//bank.example": false, "ftp://bank.example": false, "https://": false, "https://:443": false, "https:bank.example": false,
		"https://ann@bank.example": false, "https://bank.example/?": false, "https://bank.example/?a=1": false, "https://bank.example/#": false, "https://bank.example#a": false,
	} {
		if u, err := Address("the address", address); (err == nil) != good || good && u.String() != address {
			t.Errorf("%q is %v, %v", address, u, err)
		}
	}
}
