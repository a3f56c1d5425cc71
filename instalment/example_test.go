package instalment_test

import (
	"fmt"

	"github.com/brama-pay/brama/instalment"
	"github.com/brama-pay/brama/money"
)

func ExampleSchedule() {
	price := money.New(1000_00, money.UAH)
	plan := instalment.Plan{MerchantType: instalment.IA, PartsCount: 3}
	parts, err := instalment.Schedule(price, plan, instalment.DefaultRates())
	total, _ := instalment.Total(parts)
	fmt.Println(parts, "in all", total, err)
	// Output: [343.24 UAH 343.23 UAH 343.23 UAH] in all 1029.70 UAH <nil>
}

func ExamplePlan_Validate() {
	plan := instalment.Plan{
		MerchantType: instalment.PP,
		PartsCount:   30,
		Products:     []instalment.Product{{Name: "Телевізор", Count: 1, Price: money.New(9999_00, money.UAH)}},
	}
	fmt.Println(plan.Validate(money.New(9999_00, money.UAH), instalment.DefaultLimits()))
	// Output: Incorrect values for parameters: partsCount="must be from 2 to 25"
}
