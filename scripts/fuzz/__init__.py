"""Every operation of the API, called in every way that its document allows and does not allow."""
