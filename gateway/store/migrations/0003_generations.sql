-- Which making of an account this is: a login belongs to one, so that none made with an old password outlives the new one.
-- Numbers are drawn at random; those of before, with their logins, are of the first.
ALTER TABLE accounts ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
