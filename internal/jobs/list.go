package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// State is how far a job is.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Running  State = "running"
	Retrying State = "retrying" // something but BambooHR was in the way; it is tried again soon
	Done     State = "done"
	Failed   State = "failed" // the next start tries again
)

// lateAfter is from when on a run that was found due is called late.
const lateAfter = time.Minute

// Job is an automatic run in the queue, or one that ended within the last week.
type Job struct {
	Task
	ID         int64
	Queue      string
	Kind       Kind
	State      State
	Attempt    int
	Most       int       // attempts
	Scheduled  time.Time // real time of the next, or last, attempt
	Finished   time.Time // real time; zero: not yet
	Error      string    // of the last attempt, "" for none
	Run        string    // id of the run that was made, "" for none
	Late       bool      // it was found due later than it was
	Interrupts int       // how often it stepped back for other work or a shutdown
}

// Jobs lists the newest jobs of an organisation, newest first, at most limit.
func (s *Service) Jobs(ctx context.Context, organisation string, limit int) ([]Job, error) {
	found, err := s.client.JobList(ctx, river.NewJobListParams().Kinds(kinds()...).
		Where("json_extract(args, '$.organisation') = @organisation", river.NamedArgs{"organisation": organisation}).
		OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(limit))
	if err != nil {
		return nil, fmt.Errorf("list the jobs of %s: %w", organisation, err)
	}
	out := make([]Job, 0, len(found.Jobs))
	for _, row := range found.Jobs {
		j, err := jobOf(row)
		if err != nil {
			return nil, fmt.Errorf("job %d: %w", row.ID, err)
		}
		out = append(out, j)
	}
	return out, nil
}

func jobOf(row *rivertype.JobRow) (Job, error) {
	j := Job{ID: row.ID, Queue: row.Queue, Kind: Kind(row.Kind), State: stateOf(row.State), Attempt: row.Attempt, Most: row.MaxAttempts, Scheduled: row.ScheduledAt}
	if row.FinalizedAt != nil {
		j.Finished = *row.FinalizedAt
	}
	if n := len(row.Errors); n > 0 {
		j.Error = strings.TrimPrefix(row.Errors[n-1].Error, "JobCancelError: ") // River's word for a job that is not tried again
	}
	var meta struct {
		Output  result `json:"output"`
		Snoozes int    `json:"snoozes"`
	}
	if err := json.Unmarshal(row.Metadata, &meta); err != nil {
		return j, err
	}
	j.Run, j.Interrupts = meta.Output.Run, meta.Snoozes
	err := json.Unmarshal(row.EncodedArgs, &j.Task)
	j.Late = j.Found.Sub(j.Due) > lateAfter
	return j, err
}

func stateOf(s rivertype.JobState) State {
	switch s {
	case rivertype.JobStateRunning:
		return Running
	case rivertype.JobStateRetryable:
		return Retrying
	case rivertype.JobStateCompleted:
		return Done
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		return Failed
	}
	return Waiting
}
