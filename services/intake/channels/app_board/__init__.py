"""The message board of the app 苏工惠: signed posts, threads, and replies that the app asks for or is sent."""
