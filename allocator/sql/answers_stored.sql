SELECT count(*) AS stored
FROM outcome
