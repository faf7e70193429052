SELECT version, roster_version
FROM catalogue
