SELECT 1 AS answers
