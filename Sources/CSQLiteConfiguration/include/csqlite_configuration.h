/* Settings of a SQLite connection that Swift cannot make: sqlite3_db_config is variadic. */
#ifndef STRONGROOM_CSQLITE_CONFIGURATION_H
#define STRONGROOM_CSQLITE_CONFIGURATION_H

struct sqlite3;

/*
 * Has a connection run nothing that the database file brings along: no triggers, no views, no functions named by the
 * schema but harmless ones, and no statement that writes to the schema or to shadow tables directly. Foreign keys still
 * cascade. Returns 0 or SQLite's error.
 */
int csqlite_distrust_schema(struct sqlite3 *connection);

#endif
