"""The subcommands of ``diaban``, one file for each subject."""
