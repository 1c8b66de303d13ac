# A project with one table; libpq reads from PGHOST, PGPORT, PGUSER and PGDATABASE where its database is.

import os
import sys

sys.dont_write_bytecode = True
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
