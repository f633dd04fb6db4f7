"""Help-desk text to plain text: HTML, Atlassian documents and wiki markup, Markdown, mail; codes and logs are kept."""
