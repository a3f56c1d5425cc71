package avanor_test

import (
	"testing"

	"github.com/brama-pay/brama/client/avanor"
	"github.com/brama-pay/brama/money"
)

func TestDecimalIn(t *testing.T) {
	tests := []struct {
		text     avanor.Decimal
		currency money.Currency
		want     int64
		fails    bool
	}{
		{"0.0", 840, 0, false},
		{"20000.0", 840, 2000000, false},
		{"102.23", 840, 10223, false},
		{"100.5", 840, 10050, false},
		{"100.500000000000", 840, 10050, false},
		{"365", 840, 36500, false},
		{"20000.0", 392, 20000, false}, // yen: no minor digits, yet printed with one
		{"-7.25", 978, -725, false},
		{"1e2", 840, 10000, false},
		{"1.25E+3", 840, 125000, false},
		{"5e-2", 840, 5, false},
		{"90071992547.41", 840, 9007199254741, false},
		{"100.001", 840, 0, true}, // never rounded
		{"1e-3", 840, 0, true},
		{"1e999999999", 840, 0, true},
		{"1e", 840, 0, true},
		{"1.", 840, 0, true},
		{".5", 840, 0, true},
		{"--1", 840, 0, true},
		{"", 840, 0, true},
		{"NaN", 840, 0, true},
	}
	for _, test := range tests {
		got, err := test.text.In(test.currency)
		if (err != nil) != test.fails || err == nil && got != money.New(test.want, test.currency) {
			t.Errorf("%q in %d: %v, %v", test.text, test.currency, got, err)
		}
	}
}

func TestMoneyWritesAllDigits(t *testing.T) {
	if got := avanor.Money(money.New(10020, 840)); got != "100.20" {
		t.Errorf("got %q", got)
	}
}
