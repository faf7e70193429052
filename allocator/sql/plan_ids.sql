SELECT DISTINCT plan_id FROM plan_edit ORDER BY plan_id
