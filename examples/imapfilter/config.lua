-- For ~/.imapfilter/config.lua: rules for a mailbox at the server. The token is asked for at each start.
-- EDIT the address and the server
local user = 'user@domain'
local server = 'outlook.office365.com'

-- In a loop (become_daemon) call it each time: a token is good for an hour.
local function open()
  local status, credential = pipe_from(
    'cms-oauth --user=' .. user .. ' --proto=IMAP --output=xoauth2-b64 --no_newline')
  if status ~= 0 then
    -- Without a credential imapfilter would ask for a password.
    os.exit(1)
  end
  return IMAP { server = server, port = 993, ssl = 'auto', username = user, oauth2 = credential }
end

local account = open()

-- EDIT the rules
account.INBOX:contain_subject('hello'):mark_flagged()
