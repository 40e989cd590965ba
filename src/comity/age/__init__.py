"""Files encrypted as the C2SP age v1 format says; nothing here may know of statements, logs or cases."""
