"""Judge both sides by the base's yardstick too, where a change brings another one."""
