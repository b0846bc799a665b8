package main

type exportCmd struct {
	People   exportPeople   `cmd:"" help:"Write the people of the directory." example:"rollcall export people > people.csv"`
	Bamboohr exportBamboohr `cmd:"" help:"Write people whom BambooHR does not know in the columns of its own import, or create them there with --create." example:"rollcall export bamboohr > new-in-bamboohr.csv"`
}

type exportPeople struct {
	settings
	Output string `name:"output" short:"o" enum:"csv,json" default:"csv" placeholder:"FORMAT" help:"Write csv (default) or json."`
}

// Run writes everybody.
func (c *exportPeople) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	views, err := a.everybody(x)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return a.printJSON(views)
	}
	return a.peopleCSV(views)
}
