"""The words in other languages: `fr/*.po`, a file a part of the service, merged into `fr/LC_MESSAGES/messages.mo`."""
