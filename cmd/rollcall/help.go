package main

type helpCmd struct {
	Command []string `arg:"" optional:"" name:"COMMAND" help:"Command to explain, e.g. \"person edit\"."`
}

// Run prints what --help of the command prints.
func (c *helpCmd) Run(a *app) error {
	_, err := a.parser.Parse(append(c.Command, "--help"))
	if err != nil && a.out.n == 0 {
		return usageError(err, append(c.Command, "--help"))
	}
	return nil
}
