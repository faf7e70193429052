-- Nobody can sign in any more.
DELETE FROM roster
