-- A supervisor imports the roster by page: the staff gateway adds people, corrects them and marks who
-- left, as the commands do with the owner's rights. It removes nobody.
GRANT SELECT, INSERT ON roster TO seiriken_staff;
GRANT UPDATE (birth_check, sealed, pin_check, left_why, reissued_as) ON roster TO seiriken_staff;
GRANT UPDATE (roster_version) ON catalogue TO seiriken_staff;
