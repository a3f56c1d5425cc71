package console

import "github.com/brama-pay/brama/operator"

func overviewPages() []route {
	return []route{
		{pattern: "GET " + root + "{$}", title: "Overview", group: groupNow, needs: operator.See, serve: overview},
	}
}

// overview is the first page.
func overview(v *visit) error {
	return v.page(page{title: "Overview", body: overviewBody(v)})
}
