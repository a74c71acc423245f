"""What lies beyond this machine, each part asked for by a setting: a cluster that reads, storage that is shared."""


class RemoteTrouble(RuntimeError):
    """Something beyond this machine does not do its part; the message says it in one line."""
