package account

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/rollcall-hr/rollcall/policy"
)

// namePreference is where the organisation's name is kept.
const namePreference = "organisation_name"

// OrganisationName returns the name that pages show, "" until somebody gave one.
func (s *Service) OrganisationName(ctx context.Context) (name string, err error) {
	err = s.read(ctx, "read the organisation's name", func(tx Tx) error {
		text, ok, err := tx.Preference(namePreference)
		if err != nil || !ok {
			return err
		}
		return json.Unmarshal([]byte(text), &name)
	})
	return name, err
}

// SetOrganisationName gives the organisation a name; "" takes it away. ErrForbidden but for owners;
// *InputError on field "name".
func (s *Service) SetOrganisationName(ctx context.Context, by Viewer, name string) error {
	if !by.May(Organise) {
		return ErrForbidden
	}
	name, err := checkName("name", name)
	if err != nil {
		return err
	}
	text, err := json.Marshal(name)
	if err != nil {
		return err
	}
	return s.write(ctx, "name the organisation", func(tx Tx) error {
		now := s.o.Now()
		before, had, err := tx.Preference(namePreference)
		if err != nil || before == string(text) || !had && name == "" {
			return err
		}
		was := ""
		if had {
			if err := json.Unmarshal([]byte(before), &was); err != nil {
				return err
			}
		}
		if err := tx.SetPreference(namePreference, string(text), by.Actor(), now); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: by.Actor(), Name: "organisation_named", Subject: namePreference, Before: was, After: name})
	})
}

// languagePreference is where the language of mails is kept.
const languagePreference = "organisation_language"

// OrganisationLanguage returns the language of the organisation's mails, one of policy.Languages; "" until
// somebody chose one.
func (s *Service) OrganisationLanguage(ctx context.Context) (language string, err error) {
	err = s.read(ctx, "read the organisation's language", func(tx Tx) error {
		text, ok, err := tx.Preference(languagePreference)
		if err != nil || !ok {
			return err
		}
		return json.Unmarshal([]byte(text), &language)
	})
	return language, err
}

// SetOrganisationLanguage chooses the language of the organisation's mails. ErrForbidden but for owners;
// *InputError on field "language".
func (s *Service) SetOrganisationLanguage(ctx context.Context, by Viewer, language string) error {
	if !by.May(Organise) {
		return ErrForbidden
	}
	if !slices.Contains(policy.Languages(), language) {
		return &InputError{Field: "language", Text: "choose one of the languages that mails are written in"}
	}
	text, err := json.Marshal(language)
	if err != nil {
		return err
	}
	return s.write(ctx, "choose the organisation's language", func(tx Tx) error {
		now := s.o.Now()
		before, _, err := tx.Preference(languagePreference)
		if err != nil || before == string(text) {
			return err
		}
		if err := tx.SetPreference(languagePreference, string(text), by.Actor(), now); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: by.Actor(), Name: "organisation_language", Subject: languagePreference, After: language})
	})
}
