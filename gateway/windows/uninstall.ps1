<#
.SYNOPSIS
Stops the gateway and removes its task, its firewall rule and its virtual environment.

.DESCRIPTION
Settings, keys, journal, kill switch and logs stay, unless -RemoveData is given: the journal knows what became of orders.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    [string] $Folder = 'C:\mt5crs-gateway',
    [switch] $RemoveData
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$taskName = 'mt5crs-gateway'

if ($PSCmdlet.ShouldProcess($taskName, 'stop and remove the gateway')) {
    $task = Get-ScheduledTask -TaskName $taskName -ErrorAction SilentlyContinue
    if ($task) {
        Stop-ScheduledTask -TaskName $taskName
        Unregister-ScheduledTask -TaskName $taskName -Confirm:$false
    }
    Get-NetFirewallRule -Name $taskName -ErrorAction SilentlyContinue | Remove-NetFirewallRule

    $venv = Join-Path $Folder 'venv'
    if (Test-Path -LiteralPath $venv) { Remove-Item -LiteralPath $venv -Recurse -Force }
    if ($RemoveData) {
        Remove-Item -LiteralPath $Folder -Recurse -Force
        Write-Output "removed $Folder with its journal and keys"
    }
    elseif (Test-Path -LiteralPath $Folder) {
        Write-Output "kept in ${Folder}: settings, keys, journal, kill switch and logs"
    }
}
