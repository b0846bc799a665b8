package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/wneessen/go-mail"

	"github.com/rollcall-hr/rollcall/policy"
)

// Post sends a mail of plain text at once, to each recipient alone: for a command, which has no outbox that would try
// again. A recipient whom the mail server refuses keeps the others from nothing.
func Post(ctx context.Context, s policy.SMTP, to []string, subject, text string) error {
	t := newTransport(s)
	var missed []error
	for _, address := range to {
		m, err := plainMessage(s.From, address, subject, text)
		if err == nil {
			err = t.send(ctx, m)
		}
		if _, none := errors.AsType[*unreachableError](err); none {
			return errors.Join(append(missed, err)...)
		}
		if err != nil {
			missed = append(missed, fmt.Errorf("%s: %w", address, err))
		}
	}
	return errors.Join(missed...)
}

func plainMessage(from, to, subject, text string) (*mail.Msg, error) {
	if err := errors.Join(oneAddress(from), oneAddress(to)); err != nil {
		return nil, err
	}
	if err := headerValue(subject); err != nil {
		return nil, fmt.Errorf("the subject %w", err)
	}
	m := mail.NewMsg()
	if err := errors.Join(m.From(from), m.To(to)); err != nil {
		return nil, err
	}
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.Subject(subject)
	m.SetBodyString(mail.TypeTextPlain, text)
	return m, nil
}
