"""Evidence: a case folder with objects, a signed ledger and time stamps, that a sceptic can check without sousveil."""
