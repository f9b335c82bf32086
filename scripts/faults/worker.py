"""`manage.py worker`, whose pool's processes can be armed one by one."""

import sys

from django.core.management import execute_from_command_line

from scripts.faults.arming import arm_next_fork

if __name__ == "__main__":
    arm_next_fork()
    execute_from_command_line(["manage.py", "worker", *sys.argv[1:]])
