/* Settings of a SQLite connection that Swift cannot make: see csqlite_configuration.h. */
#include "csqlite_configuration.h"

#include <sqlite3.h>

static int set(sqlite3 *connection, int option, int wanted) {
    int now = -1;
    int error = sqlite3_db_config(connection, option, wanted, &now);
    if (error != SQLITE_OK) return error;
    return now == wanted ? SQLITE_OK : SQLITE_ERROR;
}

int csqlite_distrust_schema(struct sqlite3 *connection) {
    const struct {
        int option;
        int value;
    } settings[] = {
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    };
    for (unsigned index = 0; index < sizeof settings / sizeof *settings; index++) {
        int error = set(connection, settings[index].option, settings[index].value);
        if (error != SQLITE_OK) return error;
    }
    return SQLITE_OK;
}
