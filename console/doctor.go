package console

import (
	"slices"
	"strconv"

	"github.com/brama-pay/brama/doctor"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/operator"
)

const doctorPath = root + "doctor"

func doctorPages() []route {
	return []route{
		{pattern: "GET " + doctorPath, title: "Callback doctor", group: groupShops, needs: operator.Doctor, serve: doctorPage},
		{pattern: "POST " + doctorPath, title: "Examine a receiver", needs: operator.Doctor, serve: examine},
	}
}

func doctorPage(v *visit) error { return v.page(v.doctorForm(nil)) }

func (v *visit) doctorForm(wrong problems) page {
	return page{title: "Callback doctor", body: doctorBody(v, wrong)}
}

// examine sends the test messages and shows what was found.
func examine(v *visit) error {
	id, err := strconv.ParseInt(v.value("shop"), 10, 64)
	if err != nil || id <= 0 {
		return v.again(fault.Param("shop", "must be a shop's number"), v.doctorForm)
	}
	report, err := v.Doctor.Examine(v.ctx(), doctor.Order{
		Shop: id, About: doctor.Subject(v.value("about")), Store: v.value("store"), URL: v.value("url"), Name: v.value("name"), Actor: v.actor(),
	})
	if fault.Is(err, fault.ShopNotFound) {
		err = fault.Param("shop", "there is no such shop")
	}
	if err != nil {
		return v.again(err, v.doctorForm)
	}
	return v.page(page{title: "Callback doctor: grade " + report.Grade, crumbs: []crumb{{"Callback doctor", doctorPath}}, body: reportBody(v, report)})
}

// verdictTones are the colours of the verdicts.
var verdictTones = map[doctor.Verdict]tone{
	doctor.Passed: toneGood, doctor.Advice: toneWait, doctor.Fault: toneBad, doctor.Grave: toneBad, doctor.Skipped: tonePlain,
}

func gradeTone(r *doctor.Report) tone {
	switch {
	case r.Failed():
		return toneBad
	case r.Grade == "B":
		return toneWait
	}
	return toneGood
}

// remedy is one thing to mend, and what it is wrong with.
type remedy struct {
	mend  string
	tests []doctor.Test
}

// remedies are what is to be mended, in the order in which it was met.
func remedies(r *doctor.Report) (list []remedy) {
	for _, t := range r.Tests {
		if t.Wrong == "" {
			continue
		}
		at := slices.IndexFunc(list, func(one remedy) bool { return one.mend == t.Mend })
		if at < 0 {
			at, list = len(list), append(list, remedy{mend: t.Mend})
		}
		list[at].tests = append(list[at].tests, t)
	}
	return list
}
