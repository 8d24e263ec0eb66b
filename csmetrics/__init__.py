"""The project: settings, addresses, and the commands that join the apps."""
