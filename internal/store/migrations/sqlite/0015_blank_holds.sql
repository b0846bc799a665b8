-- A blank until_hr now waits for a blank value in HR. The holds of undos on values that went back to blank were
-- meant so and could not say it; an id of an undo begins with h_. Nothing HR says makes anybody provisioned.
update holds set until_hr = '' where id glob 'h_*' and field is not null and field <> 'status' and until is null and until_hr is null;
