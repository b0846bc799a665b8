package web

import "context"

// organisation is the name that pages show, "" until somebody gave one.
func organisation(ctx context.Context, o Options) string {
	name, err := o.Accounts.OrganisationName(ctx)
	if err != nil {
		o.Log.ErrorContext(ctx, "read the organisation's name", "error", err)
	}
	return name
}
