-- Numbers of pods are never given twice: tasks, addresses and scripts go on meaning the pod that they meant.
CREATE TABLE pod_ids (
    id INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;
INSERT INTO pod_ids (id) SELECT max(id) FROM pods HAVING max(id) IS NOT NULL;
DELETE FROM pod_ids;
