"""Set ml-ci up in a repository that has none: look, choose, write; and check a set-up that is there."""
